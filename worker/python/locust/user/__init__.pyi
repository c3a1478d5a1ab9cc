from acrida.user import *
