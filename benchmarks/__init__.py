"""Speed and accuracy beside the peers: `make bench` runs all and writes REPORT.md.

One file a topic (`test_*.py`), one module a peer (`peers/`), run in the peer's own environment (`environments.py`); our
package in its builds for lesser machines is a peer, too (`builds.py`). `test_accuracy.py` times nothing: it finds errors.
A new topic is a `test_*.py` that hands `race` its inputs, our call and the error of an answer; a function of the task's
name in each peer's module that can do it; a tolerance in `roster.py`; and a line in `targets.py` where there is one.
"""
