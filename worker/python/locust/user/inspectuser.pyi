from acrida.user.inspectuser import *
