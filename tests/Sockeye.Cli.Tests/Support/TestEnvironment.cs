namespace Sockeye.Cli.Tests.Support;

/// <summary>Shell commands to run the tool under, for <see cref="ToolProcess.StartUnder"/>.</summary>
public static class TestEnvironment
{
    /// <summary>
    /// Forbids locked memory, so that io_uring has none for its rings. For that, root drops a privilege.
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
