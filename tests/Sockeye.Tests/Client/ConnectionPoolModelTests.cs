using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Client;

/// <summary>Random steps against a pool and a model of it that is simple enough to be believed.</summary>
public sealed class ConnectionPoolModelTests
{
    [Fact]
    public async Task Pool_behaves_as_its_model_whatever_happens()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var run = new Run(seed);
            try
            {
                await run.StepsAsync(150);
                await run.EndAsync();
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}, step {run.Step}: {error.Message}", error);
            }
        }
    }

    [Fact]
    public async Task Slots_are_neither_lost_nor_exceeded_under_concurrent_use_with_cancellations()
    {
        var time = new ObservedTime();
        var transport = new ScriptedTransport(time);
        transport.OnAttempt = attempt =>
        {
            Assert.InRange(transport.OpenCount, 0, 2);
            attempt.Accept();
        };
        await using var pool = new ConnectionPool(
            new SockeyeClient(options => (options.Transport, options.TimeProvider) = (transport, time)),
            "192.0.2.1", 7000, new() { MaxConnections = 3 });
        var inUse = 0;

        await Task.WhenAll(Enumerable.Range(0, 12).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 300; i++)
            {
                using var cancel = new CancellationTokenSource();
                var renting = pool.RentAsync(cancel.Token).AsTask();
                if (random.Next(3) == 0)
                    await cancel.CancelAsync();
                try
                {
                    await using var lease = await renting;
                    Assert.InRange(Interlocked.Increment(ref inUse), 1, 3);
                    if (random.Next(4) == 0)
                        lease.Discard();
                    await Task.Yield();
                    Interlocked.Decrement(ref inUse);
                }
                catch (OperationCanceledException) when (cancel.IsCancellationRequested)
                {
                    // Intended: the slot must have gone to another caller.
                }
            }
        })));

        Assert.Equal((0, pool.IdleCount), (pool.WaiterCount, pool.Count));
        Assert.Equal(pool.IdleCount, transport.OpenCount);
    }

    private sealed class Run
    {
        private const int MaxConnections = 3;
        private const int MaxWaiters = 4;
        private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(6);
        private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(5);

        private readonly Random _random;
        private readonly ObservedTime _time = new();
        private readonly ScriptedTransport _transport;
        private readonly ConnectionPool _pool;
        private readonly Dictionary<ConnectionContext, MemoryConnection> _servers = [];
        private readonly List<PooledConnection> _lent = [];
        private readonly List<(ConnectionContext Connection, TimeSpan Since)> _idle = [];
        private readonly List<Waiter> _waiters = [];
        private readonly HashSet<ConnectionContext> _unfit = [];
        private readonly HashSet<ConnectionContext> _seen = [];
        private int _failures;

        public Run(int seed)
        {
            _random = new(seed);
            _transport = new(_time) { OnAttempt = Answer };
            _pool = new(
                new SockeyeClient(options => (options.Transport, options.TimeProvider) = (_transport, _time)),
                "192.0.2.1",
                7000,
                new()
                {
                    MaxConnections = MaxConnections,
                    MaxWaiters = MaxWaiters,
                    IdleTimeout = IdleTimeout,
                    WaitTimeout = WaitTimeout,
                });
        }

        public int Step { get; private set; }

        public async Task StepsAsync(int count)
        {
            for (; Step < count; Step++)
            {
                await (_random.Next(10) switch
                {
                    < 5 => RentAsync(),
                    < 7 => ReturnAsync(),
                    7 => CancelAsync(),
                    8 => SpoilIdleAsync(),
                    _ => AdvanceAsync(),
                });
                Check();
            }
        }

        public async Task EndAsync()
        {
            while (_waiters.Count > 0)
                await CancelAsync();
            await _pool.DisposeAsync();
            _idle.Clear();
            foreach (var lease in _lent)
                await lease.DisposeAsync();
            _lent.Clear();
            Check();
            Assert.Equal(0, _time.ActiveTimers);
        }

        private void Check()
        {
            Assert.Equal(
                (_lent.Count + _idle.Count, _idle.Count, _waiters.Count), (_pool.Count, _pool.IdleCount, _pool.WaiterCount));
            Assert.Equal(_lent.Count + _idle.Count, _transport.OpenCount);
            Assert.InRange(_transport.OpenCount, 0, MaxConnections);
        }

        private void Answer(ScriptedTransport.Attempt attempt)
        {
            if (_random.Next(4) == 0)
            {
                _failures++;
                attempt.Fail(SocketError.ConnectionRefused);
                return;
            }

            var server = attempt.Accept();
            _servers.Add(_transport.Opened.Last(), server);
        }

        private async Task RentAsync()
        {
            var cancel = new CancellationTokenSource();
            var failures = _failures;
            var renting = _pool.RentAsync(cancel.Token).AsTask();
            if (_idle.Count > 0)
            {
                var (expected, _) = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
                await ServedAsync(renting, _unfit.Contains(expected) ? null : expected, failures);
            }
            else if (_lent.Count < MaxConnections)
            {
                await ServedAsync(renting, null, failures);
            }
            else if (_waiters.Count < MaxWaiters)
            {
                _waiters.Add(new(renting, cancel, _time.Elapsed));
            }
            else
            {
                await Assert.ThrowsAsync<ConnectionPoolFullException>(() => renting);
            }
        }

        private async Task ReturnAsync()
        {
            if (_lent.Count == 0)
                return;
            var lease = _lent[_random.Next(_lent.Count)];
            _lent.Remove(lease);
            var server = _servers[lease.Connection];
            var fit = false;
            var failures = _failures;
            switch (_random.Next(5))
            {
                case 0:
                    lease.Discard();
                    break;
                case 1:
                    await server.Transport.Output.WriteAsync(new byte[1], TestContext.Current.CancellationToken);
                    break;
                case 2:
                    server.Abort();
                    break;
                default:
                    fit = true;
                    break;
            }

            await lease.DisposeAsync();
            if (_waiters.Count == 0)
            {
                if (fit)
                    _idle.Add((lease.Connection, _time.Elapsed));
                return;
            }

            if (fit)
            {
                await ServedAsync(TakeFirstWaiter(), lease.Connection, failures);
                return;
            }

            // A slot goes from waiter to waiter until a connect succeeds.
            while (_waiters.Count > 0 && !await ServedAsync(TakeFirstWaiter(), null, failures++))
            {
            }
        }

        /// <summary>The caller got this connection; or, with null, a new one, unless the transport failed it.</summary>
        private async Task<bool> ServedAsync(Task<PooledConnection> renting, ConnectionContext? expected, int failuresBefore)
        {
            PooledConnection lease;
            try
            {
                lease = await renting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            }
            catch (ConnectException)
            {
                Assert.Null(expected);
                Assert.True(_failures > failuresBefore, "The pool reported a failure that did not happen.");
                return false;
            }

            if (expected is not null)
                Assert.Same(expected, lease.Connection);
            else
                Assert.DoesNotContain(lease.Connection, _seen);
            _seen.Add(lease.Connection);
            _lent.Add(lease);
            return true;
        }

        private Task<PooledConnection> TakeFirstWaiter()
        {
            var first = _waiters[0];
            _waiters.RemoveAt(0);
            return first.Renting;
        }

        private async Task CancelAsync()
        {
            if (_waiters.Count == 0)
                return;
            var gone = _waiters[_random.Next(_waiters.Count)];
            _waiters.Remove(gone);
            await gone.Cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone.Renting);
        }

        private async Task SpoilIdleAsync()
        {
            if (_idle.Count == 0)
                return;
            var (connection, _) = _idle[_random.Next(_idle.Count)];
            if (!_unfit.Add(connection))
                return;
            if (_random.Next(2) == 0)
                await _servers[connection].DisposeAsync();
            else
                await _servers[connection].Transport.Output.WriteAsync(new byte[1], TestContext.Current.CancellationToken);
        }

        private async Task AdvanceAsync()
        {
            _time.Advance(_random.Next(1, 4000));
            _idle.RemoveAll(idle => _time.Elapsed - idle.Since >= IdleTimeout);
            foreach (var late in _waiters.FindAll(waiter => _time.Elapsed - waiter.Since >= WaitTimeout))
            {
                _waiters.Remove(late);
                await Assert.ThrowsAsync<ConnectionPoolFullException>(() => late.Renting);
            }
        }

        private sealed record Waiter(Task<PooledConnection> Renting, CancellationTokenSource Cancel, TimeSpan Since);
    }
}
