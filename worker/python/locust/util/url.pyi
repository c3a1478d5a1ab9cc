from acrida.util.url import *
