from acrida.contrib.socketio import *
