namespace Sockeye.Linux;

/// <summary>Which engine runs, and why.</summary>
/// <param name="Engine">Never <see cref="LinuxEngine.Auto"/>.</param>
/// <param name="Reason">A sentence without a full stop.</param>
internal sealed record EngineChoice(LinuxEngine Engine, string Reason)
{
    /// <summary>Nobody asked for this engine, so that another may take its place.</summary>
    public bool IsFree { get; private init; }

    /// <summary>The environment variable that decides where the options leave it open.</summary>
    public const string Variable = "SOCKEYE_ENGINE";

    /// <exception cref="PlatformNotSupportedException">The engine asked for cannot run here.</exception>
    /// <exception cref="InvalidOperationException">The environment variable names no engine.</exception>
    public static EngineChoice Make(LinuxEngine wanted) =>
        Make(wanted, Environment.GetEnvironmentVariable(Variable), EngineSystem.Current);

    /// <inheritdoc cref="Make(LinuxEngine)"/>
    /// <param name="wanted">What the options say.</param>
    /// <param name="variable">The value of the environment variable; null or empty: not set.</param>
    /// <param name="system">What can run here.</param>
    public static EngineChoice Make(LinuxEngine wanted, string? variable, EngineSystem system)
    {
        if (wanted is not LinuxEngine.Auto)
            return Forced(wanted, "asked for by the options", system);
        if (string.IsNullOrEmpty(variable))
            return Best(system);
        var named = EngineNames.Parse(variable) ?? throw new InvalidOperationException(
            $"The environment variable {Variable} is \"{variable}\", which is no engine: " +
            $"set it to {EngineNames.All}, or unset it.");
        return named is LinuxEngine.Auto ? Best(system) : Forced(named, $"asked for by {Variable}={variable}", system);
    }

    /// <summary>What is left where io_uring cannot run.</summary>
    public static EngineChoice EpollInstead(string whyNotIoUring) => new(LinuxEngine.Epoll, WithoutStop(whyNotIoUring));

    private static EngineChoice Best(EngineSystem system) =>
        system.NotLinux is { } other ? new(LinuxEngine.Sockets, other)
        : system.IoUring() is var support && !support.IsSupported ? EpollInstead(support.Reason)
        : new(LinuxEngine.IoUring, WithoutStop(support.Reason)) { IsFree = true };

    private static EngineChoice Forced(LinuxEngine engine, string why, EngineSystem system)
    {
        var obstacle = engine is LinuxEngine.Sockets ? null
            : system.NotLinux is { } other ? $"{other}. Ask for auto or sockets"
            : engine is LinuxEngine.IoUring && system.IoUring() is { IsSupported: false, Reason: var refusal }
                ? $"{WithoutStop(refusal)}. Or ask for auto or epoll"
            : null;
        return obstacle is null
            ? new(engine, why)
            : throw new PlatformNotSupportedException($"{EngineNames.Of(engine)} ({why}) cannot run here: {obstacle}.");
    }

    private static string WithoutStop(string sentence) => sentence.TrimEnd('.');
}
