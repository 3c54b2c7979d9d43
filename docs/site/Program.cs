using Sockeye.Site;

// The steps of .ci/docs that DocFX does not do.
switch (args)
{
    case ["prepare", var root, var work]:
        ApiFiles.Copy(AppContext.BaseDirectory, work);
        new PageWriter(root, work).WriteAll();
        return 0;
    case ["name-api", var work]:
        ApiNames.Improve(Path.Combine(work, "api"));
        return 0;
    case ["check", var site]:
        var broken = LinkChecker.Check(site);
        foreach (var link in broken)
            Console.Error.WriteLine(link);
        return broken.Count == 0 ? 0 : 1;
    default:
        Console.Error.WriteLine("prepare ROOT WORK | name-api WORK | check SITE");
        return 2;
}
