namespace Sockeye.Linux;

/// <summary>The engines as people write them: in the environment, on command lines and in logs.</summary>
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

    /// <summary>The engine of a name, in any case of letters; null for an unknown name.</summary>
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
