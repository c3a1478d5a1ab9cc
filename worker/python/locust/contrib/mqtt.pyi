from acrida.contrib.mqtt import *
