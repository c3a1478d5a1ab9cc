from acrida.user.markov_taskset import *
