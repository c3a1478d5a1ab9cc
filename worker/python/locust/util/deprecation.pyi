from acrida.util.deprecation import *
