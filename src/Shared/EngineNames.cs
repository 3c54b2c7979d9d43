namespace Sockeye.Linux;

/// <summary>The names of the engines in environment variables, on command lines and in logs.</summary>
internal static class EngineNames
{
    public const string All = "auto, io_uring, epoll or sockets";

    public static string GetName(LinuxEngine engine) => engine switch
    {
        LinuxEngine.IoUring => "io_uring",
        LinuxEngine.Epoll => "epoll",
        LinuxEngine.Sockets => "sockets",
        _ => "auto",
    };

    /// <summary>Returns the engine of a name in upper or lower case; null for an unknown name.</summary>
    public static LinuxEngine? Parse(string name)
    {
        foreach (var engine in Enum.GetValues<LinuxEngine>())
        {
            if (GetName(engine).Equals(name, StringComparison.OrdinalIgnoreCase))
                return engine;
        }

        return null;
    }
}
