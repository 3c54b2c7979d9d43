namespace Sockeye.Cli.Tests.Support;

/// <summary>Shell commands to run the tool under, for <see cref="ToolProcess.StartUnder"/>.</summary>
public static class TestEnvironment
{
    /// <summary>
    /// No memory may be locked, so that io_uring has none for its rings. Root has to give up a privilege for that.
    /// </summary>
    public const string WithoutIoUring =
        """
        ulimit -l 0
        if [ "$(id -u)" = 0 ]; then exec setpriv --bounding-set=-ipc_lock "$0" "$@"; fi
        exec "$0" "$@"
        """;

    public static string WithVariable(string engine) => $"""SOCKEYE_ENGINE={engine} exec "$0" "$@" """;

    public static string WithDescriptors(int count) => $"""ulimit -n {count}; exec "$0" "$@" """;
}
