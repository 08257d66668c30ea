namespace AlexNetService.Worker;

/// <summary>Parts of the lines that show how far a command is.</summary>
internal static class ProgressText
{
    /// <summary>A bar of a number of characters, filled in proportion.</summary>
    public static string Bar(int width, long done, long all)
    {
        var full = (int)(width * done / all);
        return new string('█', full) + new string('░', width - full);
    }

    public static string Left(TimeSpan left) => $"{(int)left.TotalHours}:{left:mm\\:ss} left";
}
