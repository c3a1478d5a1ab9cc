from acrida.util import *
