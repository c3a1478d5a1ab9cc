from acrida.contrib.postgres import *
