"""What drives the work without blocking the window: processes, background tasks, the open project.

``launch``, ``journey``, ``machine``, ``catalog`` and ``story`` know no Qt and serve the command line too;
``tasks``, ``watcher`` and ``session`` stand on Qt's core. Nothing here loads torch.
"""
