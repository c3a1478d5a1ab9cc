from acrida.user.users import *
