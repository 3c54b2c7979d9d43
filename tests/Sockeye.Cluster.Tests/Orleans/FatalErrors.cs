namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>Keeps the reasons for which Orleans would end the process.</summary>
internal sealed class FatalErrors : IFatalErrorHandler
{
    private readonly Lock _lock = new();
    private readonly List<string> _reasons = [];

    public IReadOnlyList<string> Reasons
    {
        get
        {
            lock (_lock)
                return [.. _reasons];
        }
    }

    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        lock (_lock)
            _reasons.Add($"{sender}: {context} {exception}");
    }
}
