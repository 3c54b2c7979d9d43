using System.Globalization;
using System.Text.Json;

namespace Sockeye.Cli;

/// <summary>The state of a server as a whole, read from <c>/api/server</c> of its admin page.</summary>
internal sealed record AdminServer(
    IReadOnlyList<string> Figures, IReadOnlyList<string> Warnings, IReadOnlyList<TopListener> Listeners, TopRates Rates)
{
    public static AdminServer Read(JsonElement server)
    {
        var process = server.GetProperty("process");
        var rates = new TopRates(
            AdminRows.Number(server, "receivedPerSecond"), AdminRows.Number(server, "sentPerSecond"),
            AdminRows.Number(server, "acceptedPerSecond"));
        List<string> warnings = [.. server.GetProperty("signs").EnumerateArray().Select(sign =>
            $"{(AdminRows.Number(sign, "level") >= 1 ? "clients fail" : "sign")}: {AdminRows.Text(sign, "text")}")];
        if (server.TryGetProperty("stopping", out var stopping) && stopping.ValueKind is JsonValueKind.Object)
            warnings.Insert(0, AdminRows.Text(stopping, "text") ?? "stopping");
        return new(
            [
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{AdminRows.Text(server, "name")}: {AdminRows.Text(process, "program")}, pid {Count(process, "id")} on ")
                    + $"{AdminRows.Text(process, "host")}, {AdminRows.Text(server.GetProperty("engine"), "name")}, up "
                    + TopText.Age(AdminRows.Time(server, "uptime"))
                    + (AdminRows.Number(process, "cpu") is { } cpu
                        ? string.Create(CultureInfo.InvariantCulture, $", CPU {cpu * 100:0} %") : ""),
                $"{TopText.Count(Count(server, "connections"))} of {TopText.Count(Count(server, "maxConnections"))} connections, "
                    + $"in {Rate(rates.Received)}B/s, out {Rate(rates.Sent)}B/s, accepted {Rate(rates.Accepted)}/s",
                $"{Count(server, "waiting")} wait for a handler, {Count(server, "readPaused")} reads paused, "
                    + $"{Count(server, "sendBlocked")} sends blocked, "
                    + $"{Count(server, "readsStalled") + Count(server, "sendsStalled")} stalled",
            ],
            warnings,
            [.. server.GetProperty("listeners").EnumerateArray().Select(ReadListener)],
            rates);
    }

    private static TopListener ReadListener(JsonElement listener) => new(
        AdminRows.Text(listener, "endPoint") ?? "", (long?)AdminRows.Number(listener, "queueDepth"),
        (long?)AdminRows.Number(listener, "queueLimit"), Count(listener, "open"))
    {
        Accepted = Count(listener, "accepted"),
        AcceptedPerSecond = AdminRows.Number(listener, "acceptedPerSecond"),
        Note = !listener.GetProperty("isListening").GetBoolean() ? "not listening"
            : AdminRows.Time(listener, "acceptFailingFor") is { } failing ? $"accept fails for {TopText.Age(failing)}"
            : AdminRows.Time(listener, "heldFor") is { } held ? $"a limit holds clients for {TopText.Age(held)}"
            : string.Join(", ", listener.GetProperty("middleware").EnumerateArray().Select(each => each.GetString())),
    };

    private static long Count(JsonElement element, string name) => (long)(AdminRows.Number(element, name) ?? 0);

    private static string Rate(double? rate) => rate is null ? "– " : TopText.Amount(rate);
}
