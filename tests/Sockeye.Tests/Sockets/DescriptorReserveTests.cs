using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Sockets;

/// <summary>What is held back of the descriptors, and when it is given up: on a table that is the test's.</summary>
public sealed class DescriptorReserveTests
{
    private const int Limit = 300;
    private const int Least = DescriptorReserve.Size + DescriptorReserve.Margin;

    private readonly CountedTime _time = new();
    private readonly Table _table = new() { Limit = Limit, IsFastToCount = true };
    private readonly DescriptorReserve _reserve;

    public DescriptorReserveTests() => _reserve = new(_table, _time);

    [Fact]
    public void Reserve_is_held_from_the_first_user_to_the_last()
    {
        _reserve.Join();
        _reserve.Join();
        Assert.Equal(DescriptorReserve.Size, _table.Held);

        _reserve.Leave();
        Assert.Equal(DescriptorReserve.Size, _table.Held);
        _reserve.Leave();
        Assert.Equal(0, _table.Held);
    }

    [Theory]
    [InlineData(Limit - Least, true)]
    [InlineData(Limit - Least + 1, false)]
    [InlineData(Limit, false)]
    [InlineData(Limit + 100, false)] // the limit was lowered
    public void No_client_is_accepted_where_not_even_the_margin_is_free_beside_the_reserve(int others, bool hasRoom)
    {
        _table.Others = others;
        _reserve.Join();

        Assert.Equal(hasRoom, HasRoom());
        Assert.Equal(hasRoom ? DescriptorReserve.Size : 0, _table.Held);
    }

    [Fact]
    public void Looking_for_room_never_takes_the_last_ones()
    {
        _reserve.Join();
        _reserve.Release();
        for (_table.Others = 0; _table.Others <= Limit; _table.Others++)
        {
            HasRoom();
            _reserve.Release();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        // At each moment, other code could have opened as many.
        Assert.Equal(DescriptorReserve.Margin, _table.LeastFree);
    }

    [Fact]
    public void High_number_gives_the_reserve_up_until_there_is_room_again()
    {
        _reserve.Join();
        _reserve.OnOpened(Limit - DescriptorReserve.Margin - 1);
        Assert.Equal(DescriptorReserve.Size, _table.Held);

        _reserve.OnOpened(Limit - DescriptorReserve.Margin);
        Assert.Equal(0, _table.Held);

        _table.Others = Limit - Least;
        Assert.True(HasRoom());
        Assert.Equal(DescriptorReserve.Size, _table.Held);
    }

    [Fact]
    public void Low_numbers_hide_no_shortage_above_them()
    {
        _reserve.Join();
        // The descriptors above are taken; here connections come and go below.
        for (_table.Others = 100; _table.Held > 0; _table.Others++)
        {
            Assert.InRange(_table.Others, 0, Limit - DescriptorReserve.Size - 1);
            _reserve.OnOpened(50);
        }

        Assert.InRange(Limit - _table.Others, DescriptorReserve.Margin / 2, DescriptorReserve.Size + DescriptorReserve.Margin);
    }

    [Fact]
    public void Numbers_alone_count_where_counting_takes_long()
    {
        _table.IsFastToCount = false;
        _reserve.Join();
        var counts = _table.Counts;
        for (var i = 0; i < 10_000; i++)
            _reserve.OnOpened(50);

        Assert.Equal(counts, _table.Counts);
        _reserve.OnOpened(Limit - 1);
        Assert.Equal(0, _table.Held);
    }

    [Fact]
    public void Counting_that_takes_long_takes_a_tenth_of_a_shortage_at_most()
    {
        _table.IsFastToCount = false;
        _table.OnCount = () => _time.Advance(TimeSpan.FromMilliseconds(30));
        _table.Others = Limit;
        _reserve.Join();
        var counts = _table.Counts;

        for (var i = 0; i < 100; i++)
        {
            Assert.False(HasRoom());
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(_table.Counts - counts, 2, 4);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void User_that_joins_finds_room_at_once_however_long_counting_took(bool countsAtOnce)
    {
        _table.IsFastToCount = countsAtOnce;
        _table.OnCount = () => _time.Advance(TimeSpan.FromSeconds(30)); // A machine whose processors are busy.
        for (var i = 0; i < 3; i++)
        {
            _reserve.Join();
            Assert.True(HasRoom());
            _reserve.Leave();
        }
    }

    [Fact]
    public void Several_taken_at_once_find_the_margin_or_the_reserve()
    {
        _reserve.Join();
        _reserve.Check();
        Assert.Equal(DescriptorReserve.Size, _table.Held);

        _table.Others = Limit - DescriptorReserve.Size - DescriptorReserve.Margin + 1;
        _reserve.Check();
        Assert.Equal(0, _table.Held);
    }

    [Fact]
    public void Limit_that_was_raised_or_lowered_while_the_process_runs_counts()
    {
        _table.Others = Limit;
        _reserve.Join();
        Assert.False(HasRoom());

        _table.Limit = 2 * Limit;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(HasRoom());
        _reserve.OnOpened(Limit);
        Assert.Equal(DescriptorReserve.Size, _table.Held);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void System_that_does_not_count_is_asked_by_opening(bool knowsLimit)
    {
        (_table.Limit, _table.CanCount, _table.Others) = (knowsLimit ? Limit : null, false, Limit - Least + 1);
        _table.Real = Limit;
        _reserve.Join();
        Assert.False(HasRoom());
        Assert.Equal(0, _table.Held);

        _table.Others--;
        Assert.True(HasRoom());
        Assert.Equal(DescriptorReserve.Size, _table.Held);
    }

    [Fact]
    public void System_without_a_limit_holds_nothing()
    {
        _table.Bounded = false;
        _reserve.Join();

        Assert.True(HasRoom());
        Assert.Equal(0, _table.Held);
    }

    [Fact]
    public async Task Open_descriptors_of_this_process_are_counted_in_both_ways()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux reports it without native code.");
        var table = new DescriptorTable();
        Assert.True(table.IsBounded);

        // The size has those too that a thread is about to get: the runtime has one that opens a pipe for debuggers, and waits.
        // Other tests open and close some at the same time.
        const int InTheMaking = 4;
        await BoundedWait.Until(
            () => table.CountOpen() - (DescriptorTable.CountEntries() - 1) is >= 0 and <= InTheMaking, "both counts agree");
        Assert.Equal(DescriptorTable.ReadTableSize() > 0, table.IsCountCheap); // since Linux 6.2
    }

    private bool HasRoom()
    {
        try
        {
            _reserve.ThrowIfExhausted();
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets)
        {
            return false;
        }
    }

    private sealed class Table : DescriptorTable
    {
        private readonly HashSet<Handle> _open = [];

        public int? Limit { get; set; }

        /// <summary>The limit, if the system does not report it.</summary>
        public int? Real { get; set; }

        public bool Bounded { get; set; } = true;

        public bool CanCount { get; set; } = true;

        public bool IsFastToCount { get; set; }

        public override bool IsCountCheap => IsFastToCount;

        /// <summary>The descriptors that other code has open.</summary>
        public int Others { get; set; }

        public int Held => _open.Count;

        public int Counts { get; private set; }

        public Action OnCount { get; set; } = static () => { };

        /// <summary>The fewest that were free after one was opened here.</summary>
        public int LeastFree { get; private set; } = int.MaxValue;

        public override bool IsBounded => Bounded;

        public override int? ReadLimit() => Limit;

        public override int? CountOpen()
        {
            Counts++;
            OnCount();
            return CanCount ? Others + Held : null;
        }

        public override SafeHandle? TryOpen()
        {
            var free = (Real ?? Limit!.Value) - Others - Held;
            if (free <= 0)
                return null;
            LeastFree = Math.Min(LeastFree, free - 1);
            var handle = new Handle(_open);
            _open.Add(handle);
            return handle;
        }

        private sealed class Handle : SafeHandleZeroOrMinusOneIsInvalid
        {
            private readonly HashSet<Handle> _open;

            public Handle(HashSet<Handle> open)
                : base(ownsHandle: true)
            {
                _open = open;
                SetHandle(1);
            }

            protected override bool ReleaseHandle() => _open.Remove(this);
        }
    }
}
