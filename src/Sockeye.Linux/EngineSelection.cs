namespace Sockeye.Linux;

/// <summary>The engine that runs, and why.</summary>
/// <param name="Engine">Never <see cref="LinuxEngine.Auto"/>.</param>
/// <param name="Reason">A sentence without a full stop.</param>
internal sealed record EngineSelection(LinuxEngine Engine, string Reason)
{
    /// <summary>The environment variable that decides where the options leave it open.</summary>
    public const string EnvironmentVariable = "SOCKEYE_ENGINE";

    /// <summary>Whether this engine was not asked for, so that another may run in its place.</summary>
    public bool MayFallBack { get; private init; }

    /// <exception cref="PlatformNotSupportedException">The engine asked for cannot run here.</exception>
    /// <exception cref="InvalidOperationException">The environment variable does not name an engine.</exception>
    public static EngineSelection Select(LinuxEngine requested) =>
        Select(requested, Environment.GetEnvironmentVariable(EnvironmentVariable), EngineAvailability.Current);

    /// <inheritdoc cref="Select(LinuxEngine)"/>
    /// <param name="requested">The engine of the options.</param>
    /// <param name="variable">The value of the environment variable; null or empty: not set.</param>
    /// <param name="system">What can run here.</param>
    public static EngineSelection Select(LinuxEngine requested, string? variable, EngineAvailability system)
    {
        if (requested is not LinuxEngine.Auto)
            return SelectRequested(requested, "asked for by the options", system);
        if (string.IsNullOrEmpty(variable))
            return SelectBest(system);
        var named = EngineNames.Parse(variable) ?? throw new InvalidOperationException(
            $"The environment variable {EnvironmentVariable} is \"{variable}\", which is not an engine: " +
            $"set it to {EngineNames.All}, or unset it.");
        return named is LinuxEngine.Auto
            ? SelectBest(system)
            : SelectRequested(named, $"asked for by {EnvironmentVariable}={variable}", system);
    }

    /// <summary>What is left where io_uring cannot run.</summary>
    public static EngineSelection FallBackToEpoll(string whyNotIoUring) => new(LinuxEngine.Epoll, TrimFullStop(whyNotIoUring));

    private static EngineSelection SelectBest(EngineAvailability system) =>
        system.NotLinux is { } other ? new(LinuxEngine.Sockets, other)
        : system.GetIoUring() is var support && !support.IsSupported ? FallBackToEpoll(support.Reason)
        : new(LinuxEngine.IoUring, TrimFullStop(support.Reason)) { MayFallBack = true };

    private static EngineSelection SelectRequested(LinuxEngine engine, string why, EngineAvailability system)
    {
        var obstacle = engine is LinuxEngine.Sockets ? null
            : system.NotLinux is { } other ? $"{other}. Ask for auto or sockets"
            : engine is LinuxEngine.IoUring && system.GetIoUring() is { IsSupported: false, Reason: var refusal }
                ? $"{TrimFullStop(refusal)}. Or ask for auto or epoll"
            : null;
        return obstacle is null
            ? new(engine, why)
            : throw new PlatformNotSupportedException($"{EngineNames.GetName(engine)} ({why}) cannot run here: {obstacle}.");
    }

    private static string TrimFullStop(string sentence) => sentence.TrimEnd('.');
}
