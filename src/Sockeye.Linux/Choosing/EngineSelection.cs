namespace Sockeye.Linux;

/// <summary>Which engine runs, and why.</summary>
/// <param name="Engine">Never <see cref="LinuxEngine.Auto"/>.</param>
/// <param name="Reason">A sentence without a full stop.</param>
internal sealed record EngineSelection(LinuxEngine Engine, string Reason)
{
    /// <summary>Nobody asked for this engine, so that another may take its place.</summary>
    public bool MayFallBack { get; private init; }

    /// <summary>The environment variable that decides where the options leave it open.</summary>
    public const string EnvironmentVariable = "SOCKEYE_ENGINE";

    /// <exception cref="PlatformNotSupportedException">The engine asked for cannot run here.</exception>
    /// <exception cref="InvalidOperationException">The environment variable names no engine.</exception>
    public static EngineSelection Select(LinuxEngine wanted) =>
        Select(wanted, Environment.GetEnvironmentVariable(EnvironmentVariable), EngineAvailability.Current);

    /// <inheritdoc cref="Select(LinuxEngine)"/>
    /// <param name="wanted">What the options say.</param>
    /// <param name="variable">The value of the environment variable; null or empty: not set.</param>
    /// <param name="system">What can run here.</param>
    public static EngineSelection Select(LinuxEngine wanted, string? variable, EngineAvailability system)
    {
        if (wanted is not LinuxEngine.Auto)
            return SelectRequested(wanted, "asked for by the options", system);
        if (string.IsNullOrEmpty(variable))
            return SelectBest(system);
        var named = EngineNames.Parse(variable) ?? throw new InvalidOperationException(
            $"The environment variable {EnvironmentVariable} is \"{variable}\", which is no engine: " +
            $"set it to {EngineNames.All}, or unset it.");
        return named is LinuxEngine.Auto ? SelectBest(system) : SelectRequested(named, $"asked for by {EnvironmentVariable}={variable}", system);
    }

    /// <summary>What is left where io_uring cannot run.</summary>
    public static EngineSelection FallBackToEpoll(string whyNotIoUring) => new(LinuxEngine.Epoll, TrimFullStop(whyNotIoUring));

    private static EngineSelection SelectBest(EngineAvailability system) =>
        system.NotLinux is { } other ? new(LinuxEngine.Sockets, other)
        : system.IoUring() is var support && !support.IsSupported ? FallBackToEpoll(support.Reason)
        : new(LinuxEngine.IoUring, TrimFullStop(support.Reason)) { MayFallBack = true };

    private static EngineSelection SelectRequested(LinuxEngine engine, string why, EngineAvailability system)
    {
        var obstacle = engine is LinuxEngine.Sockets ? null
            : system.NotLinux is { } other ? $"{other}. Ask for auto or sockets"
            : engine is LinuxEngine.IoUring && system.IoUring() is { IsSupported: false, Reason: var refusal }
                ? $"{TrimFullStop(refusal)}. Or ask for auto or epoll"
            : null;
        return obstacle is null
            ? new(engine, why)
            : throw new PlatformNotSupportedException($"{EngineNames.GetName(engine)} ({why}) cannot run here: {obstacle}.");
    }

    private static string TrimFullStop(string sentence) => sentence.TrimEnd('.');
}
