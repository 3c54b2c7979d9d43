namespace Sockeye.Linux.Tests.Support;

/// <summary>A buffer ring with its memory, and what was received in it.</summary>
internal sealed class Buffers : IDisposable
{
    public const ushort Group = 5;
    private readonly RingDriver _driver;
    private readonly BufferRing _ring;
    private readonly byte[] _slab;
    private readonly int _length;
    private readonly List<byte> _received = [];
    private readonly List<int> _held = [];

    /// <summary>A ring with this many entries, none of them provided yet.</summary>
    public Buffers(RingDriver driver, int entries, int length)
    {
        _driver = driver;
        _ring = BufferRing.Create(driver.Ring, Group, entries);
        _slab = GC.AllocateArray<byte>(entries * length, pinned: true);
        _length = length;
        Assert.Equal(entries, _ring.Entries);
    }

    /// <summary>What <see cref="Collect"/> found, in order.</summary>
    public byte[] Received => [.. _received];

    public void Provide(params IEnumerable<int> ids)
    {
        foreach (var id in ids)
            _ring.Provide(RingDriver.Address(_slab, id * _length), _length, (ushort)id);
        _ring.Publish();
    }

    /// <summary>Gives what was collected back to the kernel.</summary>
    public void ProvideCollected()
    {
        Provide(_held);
        _held.Clear();
    }

    /// <summary>Copies the data out of the completions that are there, and forgets these.</summary>
    public void Collect()
    {
        foreach (var completion in _driver.Completions.Where(completion => completion.HasBuffer))
        {
            Assert.DoesNotContain(completion.BufferId, _held);
            _held.Add(completion.BufferId);
            _received.AddRange(_slab.AsSpan(completion.BufferId * _length, completion.Result));
        }

        _driver.Completions.Clear();
    }

    public void Dispose() => _ring.Dispose();
}
