using System.Globalization;
using Sockeye.Fleet.Clients;
using Sockeye.Fleet.Nodes;

namespace Sockeye.Fleet.Processes;

/// <summary>The commands that clients answer.</summary>
internal static class ClientCommands
{
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromMinutes(2);

    extension(ChildProcess clients)
    {
        /// <summary>Opens connections to a node.</summary>
        public async Task OpenAsync(
            FleetNode node, int count, string group, bool withUsers, CancellationToken cancellationToken)
        {
            var users = withUsers ? GroupNames.Users : GroupNames.None;
            await clients.AskAsync(Format($"OPEN {node.Port} {count} {group} {users}"), OpenTimeout, cancellationToken);
        }

        public Task ReachGroupAsync(CancellationToken cancellationToken) =>
            clients.AskAsync("REACH-GROUP", AnswerTimeout, cancellationToken);

        public Task ReachUsersAsync(CancellationToken cancellationToken) =>
            clients.AskAsync("REACH-USERS", AnswerTimeout, cancellationToken);

        /// <summary>How many members a line that tries the way has reached.</summary>
        public async Task<int> CountReachedAsync(CancellationToken cancellationToken)
        {
            var answer = await clients.AskAsync("REACHED", AnswerTimeout, cancellationToken);
            return int.Parse(answer.Split(' ')[1], CultureInfo.InvariantCulture);
        }

        public Task<LoadResult> SayAsync(int sender, TimeSpan duration, int inFlight, CancellationToken cancellationToken) =>
            clients.MeasureAsync(
                Format($"SAY {sender} {duration.TotalMilliseconds:0} {inFlight}"), duration, cancellationToken);

        public Task<LoadResult> AddressAsync(int rate, TimeSpan duration, CancellationToken cancellationToken) =>
            clients.MeasureAsync(Format($"TELL {rate} {duration.TotalMilliseconds:0}"), duration, cancellationToken);

        /// <summary>All members expect lines from number 1 on.</summary>
        public Task ExpectAsync(CancellationToken cancellationToken) =>
            clients.AskAsync("EXPECT", AnswerTimeout, cancellationToken);

        /// <summary>The first member says a line; number 0 tries the way.</summary>
        public Task SendAsync(int number, CancellationToken cancellationToken) =>
            clients.AskAsync(Format($"SEND {number}"), AnswerTimeout, cancellationToken);

        /// <summary>Waits for all lines up to a number.</summary>
        public Task<LoadResult> FinishAsync(int last, CancellationToken cancellationToken) =>
            clients.MeasureAsync(Format($"FINISH {last}"), TimeSpan.Zero, cancellationToken);

        private async Task<LoadResult> MeasureAsync(string command, TimeSpan duration, CancellationToken cancellationToken) =>
            LoadResult.Parse(await clients.AskAsync(command, duration + AnswerTimeout, cancellationToken));
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
