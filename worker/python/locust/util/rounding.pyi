from acrida.util.rounding import *
