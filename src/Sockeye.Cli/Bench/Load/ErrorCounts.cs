using System.Collections.Concurrent;

namespace Sockeye.Cli;

/// <summary>Errors by kind, and connections that the server ended without loss. Safe for concurrent use.</summary>
internal sealed class ErrorCounts
{
    private readonly ConcurrentDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _closed = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _examples = new(StringComparer.Ordinal);
    private long _total;

    /// <summary>The number of requests that failed, and of connects.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>The number of connections that ended without an open request, by reason.</summary>
    public IReadOnlyDictionary<string, long> Closed => _closed;

    public IReadOnlyDictionary<string, long> Errors => _errors;

    /// <summary>The description of the first error of each kind, if it says more than the kind.</summary>
    public IReadOnlyDictionary<string, string> Examples => _examples;

    public void Add(string kind, long count, string? example = null)
    {
        Interlocked.Add(ref _total, count);
        _errors.AddOrUpdate(kind, static (_, count) => count, static (_, before, count) => before + count, count);
        if (example is not null)
            _examples.TryAdd(kind, example);
    }

    public void AddClosed(string reason) => _closed.AddOrUpdate(reason, 1, static (_, before) => before + 1);
}
