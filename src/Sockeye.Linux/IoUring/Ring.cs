using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>
/// An io_uring. Only the thread that created it may call its members, including Dispose: the kernel refuses others (EEXIST).
/// </summary>
/// <remarks>
/// Unsafe, by these invariants: <see cref="RingMemory"/> bounds every pointer, and every index is masked. This class writes only
/// the tail of submissions and the head of completions; the kernel writes the other words. A submission is complete before the
/// release-write of its tail, which only <see cref="Call"/> does; a completion is copied before the release-write of the head.
/// Only the spill allocates, in an extreme shortage of memory.
/// </remarks>
internal sealed unsafe class Ring : IDisposable
{
    /// <summary>
    /// The number of completions after which the head is published, so that the kernel has room during a long batch.
    /// </summary>
    private const uint PublishEvery = 64;

    private readonly RingMemory _memory;
    private readonly RegisteredDescriptor _registered;
    private readonly SubmissionSpill _spill = new();
    private readonly int _threadId = Environment.CurrentManagedThreadId;
    private uint _submissionTail;
    private uint _submissionHeadSeen;
    private uint _completionHead;
    private uint _completionTailSeen;
    private bool _isDisposed;

    private Ring(IoUringCalls calls, RingMemory memory, RegisteredDescriptor registered) =>
        (Calls, _memory, _registered) = (calls, memory, registered);

    /// <summary>The calls of the ring's system.</summary>
    public IoUringCalls Calls { get; }

    /// <summary>The number of submissions that fit before the kernel is entered.</summary>
    public int SubmissionEntries => (int)_memory.SubmissionEntries;

    /// <summary>The number of completions that fit; less than requested if lockable memory is scarce.</summary>
    public int CompletionEntries => (int)_memory.CompletionEntries;

    /// <summary>Whether the ring has no index array (Linux 6.6).</summary>
    public bool HasNoArray => _memory.HasNoArray;

    /// <summary>The descriptor of the ring, close-on-exec, for registrations with the ring.</summary>
    public int Descriptor => _memory.Descriptor;

    /// <summary>Whether submissions wait for the next <see cref="Enter"/>.</summary>
    public bool HasUnsubmitted => _spill.Count > 0 || _submissionTail != _submissionHeadSeen;

    /// <summary>Creates a ring for the calling thread. May block for 300 ms if lockable memory is scarce.</summary>
    /// <exception cref="EngineException">The kernel refuses. The message has the reason and the remedy.</exception>
    public static Ring Create(RingOptions options)
    {
        var descriptor = RingSetup.Open(options, out var parameters);
        var memory = new RingMemory(options.Calls, descriptor, parameters);
        try
        {
            return new(options.Calls, memory, new(options.Calls, descriptor));
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Returns a zeroed submission, which must be filled before the next call of a member. If the ring is full, its submissions
    /// are submitted first, without completing deferred work: this call takes no completions.
    /// </summary>
    public ref Submission Next()
    {
        AssertOnOwnThread();
        if (_spill.Count > 0 || (IsFull && !MakeRoom()))
            return ref _spill.Add();

        ref var submission = ref _memory.Submissions[_submissionTail++ & (_memory.SubmissionEntries - 1)];
        submission = default;
        return ref submission;
    }

    /// <summary>Submits everything, lets the kernel complete what it can, and waits. See <see cref="EnterOutcome"/>.</summary>
    /// <param name="wait">The number of completions to wait for, 0 or 1. Those that are in the ring already count.</param>
    /// <param name="timeout">The maximum wait; negative means forever. It limits neither submissions nor completions.</param>
    /// <exception cref="EngineException">A bug of the caller, or a loss of completions. The ring is then unusable.</exception>
    public EnterOutcome Enter(uint wait, TimeSpan timeout)
    {
        var outcome = EnterOutcome.Done;
        while (_spill.Count > 0 && outcome == EnterOutcome.Done)
        {
            while (_spill.Count > 0 && !IsFull)
                _memory.Submissions[_submissionTail++ & (_memory.SubmissionEntries - 1)] = _spill.Take();
            if (_spill.Count > 0)
                outcome = Call(0, EnterFlags.GetEvents, timeout);
        }

        if (outcome == EnterOutcome.Done)
            outcome = Call(wait, EnterFlags.GetEvents, timeout);
        _completionTailSeen = Volatile.Read(ref *_memory.CompletionTail);
        return outcome;
    }

    /// <summary>
    /// Takes the next completion that the last <see cref="Enter"/> found. Later completions wait for the next Enter, so that a
    /// batch ends even if its callbacks start operations. If it returns false, it has released all room to the kernel.
    /// </summary>
    public bool TryTake(out Completion completion)
    {
        AssertOnOwnThread();
        Debug.Assert(
            _completionTailSeen - _completionHead <= _memory.CompletionEntries, "The ring has an entry for each completion.");
        if (_completionHead == _completionTailSeen)
        {
            Volatile.Write(ref *_memory.CompletionHead, _completionHead);
            completion = default;
            return false;
        }

        completion = _memory.Completions[_completionHead++ & (_memory.CompletionEntries - 1)];
        if (_completionHead % PublishEvery == 0)
            Volatile.Write(ref *_memory.CompletionHead, _completionHead);
        return true;
    }

    /// <summary>
    /// Closes the ring. The kernel cancels operations in flight some time later, and may write to their memory until then.
    /// Therefore an owner first cancels them, and takes their last completions.
    /// </summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _registered.Dispose();
        _memory.Dispose();
    }

    private bool IsFull
    {
        get
        {
            var waiting = _submissionTail - _submissionHeadSeen;
            Debug.Assert(waiting <= _memory.SubmissionEntries, "The kernel takes only submissions that were submitted.");
            return waiting == _memory.SubmissionEntries;
        }
    }

    [Conditional("DEBUG")]
    private void AssertOnOwnThread() =>
        Debug.Assert(_threadId == Environment.CurrentManagedThreadId, "The caller runs on the thread that created the ring.");

    private bool MakeRoom()
    {
        // A signal or a brief lack of memory must not cause a spill at once. The limit keeps the loop from spinning.
        for (var attempt = 0; attempt < 4 && IsFull; attempt++)
            Call(0, EnterFlags.None, default);
        return !IsFull;
    }

    private EnterOutcome Call(uint wait, EnterFlags flags, TimeSpan timeout)
    {
        Volatile.Write(ref *_memory.SubmissionTail, _submissionTail);
        var submit = _submissionTail - _submissionHeadSeen;
        flags |= _registered.Flags;

        int answer;
        if (wait > 0 && timeout >= TimeSpan.Zero)
        {
            var time = new KernelTime { Seconds = timeout.Ticks / TimeSpan.TicksPerSecond };
            time.Nanoseconds = (timeout.Ticks % TimeSpan.TicksPerSecond) * TimeSpan.NanosecondsPerTick;
            var argument = new EnterArgument { Time = (ulong)&time };
            answer = Calls.Enter(
                _registered.Index, submit, wait, flags | EnterFlags.ExtendedArgument, &argument, sizeof(EnterArgument));
        }
        else
        {
            answer = Calls.Enter(_registered.Index, submit, wait, flags, null, 0);
        }

        // The result is an error if the wait failed, although submissions may have been taken, which only the head shows.
        _submissionHeadSeen = Volatile.Read(ref *_memory.SubmissionHead);
        return -answer switch
        {
            <= 0 => _submissionHeadSeen == _submissionTail ? EnterOutcome.Done : EnterOutcome.Busy,
            IoUringError.TimedOut => EnterOutcome.TimedOut,
            IoUringError.Interrupted => EnterOutcome.Interrupted,
            IoUringError.TryAgain or IoUringError.Busy => EnterOutcome.Busy,
            var error => throw IoUringErrorText.ToException("io_uring_enter", error),
        };
    }

    /// <summary><c>struct io_uring_getevents_arg</c>, without a signal mask.</summary>
    private struct EnterArgument
    {
        public ulong SignalMask;
        public uint SignalMaskSize;
        public uint MinimalWait;
        public ulong Time;
    }

    /// <summary><c>struct __kernel_timespec</c>.</summary>
    private struct KernelTime
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
