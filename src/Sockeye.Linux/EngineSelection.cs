namespace Sockeye.Linux;

/// <summary>The selected engine, and the reason.</summary>
/// <param name="Engine">Never <see cref="LinuxEngine.Auto"/>.</param>
/// <param name="Reason">A sentence without a full stop.</param>
internal sealed record EngineSelection(LinuxEngine Engine, string Reason)
{
    /// <summary>The environment variable that selects the engine if the options do not.</summary>
    public const string EnvironmentVariable = "SOCKEYE_ENGINE";

    /// <summary>Whether another engine may replace this one, because it was not requested.</summary>
    public bool MayFallBack { get; private init; }

    /// <exception cref="PlatformNotSupportedException">The requested engine cannot run on this machine.</exception>
    /// <exception cref="InvalidOperationException">The environment variable does not name an engine.</exception>
    public static EngineSelection Select(LinuxEngine requested) =>
        Select(requested, Environment.GetEnvironmentVariable(EnvironmentVariable), EngineAvailability.Current);

    /// <inheritdoc cref="Select(LinuxEngine)"/>
    /// <param name="requested">The engine of the options.</param>
    /// <param name="variable">The value of the environment variable; null or empty if it is not set.</param>
    /// <param name="system">The engines that the system offers.</param>
    public static EngineSelection Select(LinuxEngine requested, string? variable, EngineAvailability system)
    {
        if (requested is not LinuxEngine.Auto)
            return SelectRequested(requested, "requested by the options", system);
        if (string.IsNullOrEmpty(variable))
            return SelectBest(system);
        var named = EngineNames.Parse(variable) ?? throw new InvalidOperationException(
            $"The environment variable {EnvironmentVariable} is \"{variable}\", which is not an engine: " +
            $"set it to {EngineNames.All}, or unset it.");
        return named is LinuxEngine.Auto
            ? SelectBest(system)
            : SelectRequested(named, $"requested by {EnvironmentVariable}={variable}", system);
    }

    /// <summary>Returns epoll, as the replacement of io_uring.</summary>
    public static EngineSelection FallBackToEpoll(string ioUringRefusal) => new(LinuxEngine.Epoll, TrimFullStop(ioUringRefusal));

    private static EngineSelection SelectBest(EngineAvailability system) =>
        system.NotLinux is { } other ? new(LinuxEngine.Sockets, other)
        : system.GetIoUring() is var support && !support.IsSupported ? FallBackToEpoll(support.Reason)
        : new(LinuxEngine.IoUring, TrimFullStop(support.Reason)) { MayFallBack = true };

    private static EngineSelection SelectRequested(LinuxEngine engine, string reason, EngineAvailability system)
    {
        var obstacle = engine is LinuxEngine.Sockets ? null
            : system.NotLinux is { } other ? $"{other}. Select auto or sockets"
            : engine is LinuxEngine.IoUring && system.GetIoUring() is { IsSupported: false, Reason: var refusal }
                ? $"{TrimFullStop(refusal)}. Or select auto or epoll"
            : null;
        return obstacle is null
            ? new(engine, reason)
            : throw new PlatformNotSupportedException($"{EngineNames.GetName(engine)} ({reason}) cannot run here: {obstacle}.");
    }

    private static string TrimFullStop(string sentence) => sentence.TrimEnd('.');
}
