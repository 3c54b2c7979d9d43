using System.Globalization;
using System.Net;
using Sockeye.AdminPage;

switch (args)
{
    // The cost of the page for a server with the given number of connections, without a viewer and with one.
    case ["cost", var count]:
        await PageCost.MeasureAsync(int.Parse(count, CultureInfo.InvariantCulture));
        return 0;

    // The clients of that server, as a separate process: each end needs a descriptor.
    case ["clients", var endpoint, var count]:
        await Clients.HoldAsync(IPEndPoint.Parse(endpoint), int.Parse(count, CultureInfo.InvariantCulture));
        return 0;

    // The requests of a browser, as a separate process.
    case ["viewer", var url, var seconds]:
        await Viewer.FetchAsync(new(url), TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)));
        return 0;

    // The pictures of docs/admin.md and docs/demo.md, by the system's Chromium and pdftocairo (poppler-utils).
    case ["pictures", var folder]:
        await Pictures.DrawAsync(folder);
        return 0;

    case ["shown"]:
        await ShownServer.ServeAsync();
        return 0;

    default:
        Console.Error.WriteLine("cost COUNT | pictures FOLDER");
        return 2;
}
