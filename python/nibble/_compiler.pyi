from typing import Any, Callable, Optional

def compile(path: str, options: str, output: str,
            progress: Optional[Callable[[str, float], Any]] = None
            ) -> Optional[str]: ...
