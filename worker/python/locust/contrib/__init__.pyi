from acrida.contrib import *
