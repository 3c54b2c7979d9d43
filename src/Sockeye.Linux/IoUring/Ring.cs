using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>An io_uring. Only the thread that created it may call it, Dispose included: the kernel refuses others
/// (EEXIST).</summary>
/// <remarks>
/// Unsafe, by these invariants: <see cref="RingMemory"/> bounds every pointer, and every index is masked. The tail of submissions
/// and the head of completions are ours to write, the other words are the kernel's. A submission is complete before the
/// release-write of its tail, which happens in <see cref="Call"/> only; a completion is copied before the release-write of the
/// head. Nothing here allocates but the spill, in extreme shortage.
/// </remarks>
internal sealed unsafe class Ring : IDisposable
{
    /// <summary>Completions that are taken before the head is published, so that the kernel finds room during a long
    /// batch.</summary>
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

    private Ring(RingMemory memory, RegisteredDescriptor registered)
    {
        _memory = memory;
        _registered = registered;
    }

    /// <summary>Submissions that fit before the kernel is entered.</summary>
    public int SubmissionEntries => (int)_memory.SubmissionEntries;

    /// <summary>Completions that fit; fewer than asked for where memory that may be locked is short.</summary>
    public int CompletionEntries => (int)_memory.CompletionEntries;

    /// <summary>The ring has no index array (Linux 6.6).</summary>
    public bool HasNoArray => _memory.HasNoArray;

    /// <summary>The ring's descriptor, close-on-exec; for what registers something with the ring.</summary>
    public int Descriptor => _memory.Descriptor;

    /// <summary>A ring for the calling thread. May block for 300 ms where memory that may be locked is short.</summary>
    /// <exception cref="EngineException">The kernel refuses; the message says why and what to do.</exception>
    public static Ring Create(RingOptions options)
    {
        var descriptor = RingSetup.Open(options, out var parameters);
        var memory = new RingMemory(descriptor, parameters);
        try
        {
            return new(memory, new(descriptor));
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A zeroed submission, to be filled before the next call of anything here. When the ring is full, what is in it is submitted
    /// first, without letting the kernel complete deferred work: no completion is taken by this call.
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
    /// <param name="wait">Completions to wait for, 0 or 1; those that are in the ring already count.</param>
    /// <param name="timeout">How long to wait; negative: without end. It limits neither what is submitted nor what
    /// completes.</param>
    /// <exception cref="EngineException">A bug of the caller, or completions are lost: the ring is not usable
    /// afterwards.</exception>
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
    /// The next completion of those that the last <see cref="Enter"/> saw. What completes later waits for the next one, so that a
    /// walk ends however much its callbacks start. False has also given all room back to the kernel.
    /// </summary>
    public bool TryTake(out Completion completion)
    {
        AssertOnOwnThread();
        Debug.Assert(
            _completionTailSeen - _completionHead <= _memory.CompletionEntries, "The ring holds what it has entries for.");
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

    /// <summary>Closes the ring. The kernel cancels what is in flight some time later: memory that it may still write to must
    /// outlive that, so an owner first cancels and takes every last completion.</summary>
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
            Debug.Assert(waiting <= _memory.SubmissionEntries, "The kernel takes no more than was submitted.");
            return waiting == _memory.SubmissionEntries;
        }
    }

    [Conditional("DEBUG")]
    private void AssertOnOwnThread() =>
        Debug.Assert(_threadId == Environment.CurrentManagedThreadId, "A ring is for the thread that created it.");

    private bool MakeRoom()
    {
        // A signal or a moment without memory must not spill at once; the bound keeps this from spinning.
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
            answer = IoUringCalls.Enter(
                _registered.Index, submit, wait, flags | EnterFlags.ExtendedArgument, &argument, sizeof(EnterArgument));
        }
        else
        {
            answer = IoUringCalls.Enter(_registered.Index, submit, wait, flags, null, 0);
        }

        // The answer is an error when the wait failed, though submissions may have been taken: only the head shows that.
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
