namespace Sockeye.Clustering.Tests.Orleans;

/// <summary>Silos that several tests share, one after another. Each test has another name of its cluster.</summary>
/// <param name="count">The number of silos.</param>
public abstract class SharedSilos(int count) : IAsyncDisposable
{
    private readonly List<TestSilo> _silos = [];

    internal async Task<IReadOnlyList<TestSilo>> GetAsync()
    {
        while (_silos.Count < count)
            _silos.Add(await StartOneAsync(_silos.FirstOrDefault()));
        return _silos;
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        // The first silo holds the table of the others.
        foreach (var silo in Enumerable.Reverse(_silos))
            await silo.DisposeAsync();
        Assert.All(_silos, silo => Assert.Empty(silo.FatalReasons));
    }

    private protected abstract Task<TestSilo> StartOneAsync(TestSilo? first);
}
