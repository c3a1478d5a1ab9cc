from acrida.util.date import *
