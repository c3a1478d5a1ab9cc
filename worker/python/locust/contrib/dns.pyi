from acrida.contrib.dns import *
