from acrida.util.cache import *
