// Makes Python's virtual environments when they are not there yet: a program of its own, so that tests can run meanwhile.
import { clusterPython, labPython } from './python.mjs';

labPython();
clusterPython();
