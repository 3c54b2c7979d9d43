namespace Sockeye.Hosting;

/// <summary>A handler that endpoints of the configuration use by its name.</summary>
/// <param name="Configure">Builds the pipeline, which ends with <c>Run</c>.</param>
/// <param name="BeforeTls">Adds middleware before TLS; null if TLS starts at once.</param>
internal sealed record NamedHandler(Action<ListenOptions> Configure, Action<ListenOptions>? BeforeTls);
