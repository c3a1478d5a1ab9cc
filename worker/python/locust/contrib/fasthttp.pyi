from acrida.contrib.fasthttp import *
