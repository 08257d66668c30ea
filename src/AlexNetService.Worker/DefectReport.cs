namespace AlexNetService.Worker;

/// <summary>What is kept of a failure that the program does not expect: a file with its details, so that somebody can report it.</summary>
internal static class DefectReport
{
    /// <summary>Writes the details to a new file in the folder for temporary files.</summary>
    /// <returns>A sentence that names the file.</returns>
    public static string Write(Exception failure)
    {
        var summary = $"a defect of the program ended it ({failure.GetType().Name}: {failure.Message})";
        var now = TimeProvider.System.GetUtcNow().ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
        var path = Path.Combine(Path.GetTempPath(), $"alexnet-defect-{now}-{Guid.NewGuid():N}.txt");
        try
        {
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
            file.Write(Encoding.UTF8.GetBytes(
                $"{typeof(DefectReport).Assembly.GetName()}\n{Environment.CommandLine}\n{Environment.OSVersion}\n\n{failure}\n"));
            return $"{summary}. The details are in '{path}'; please report them.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{summary}. The details cannot be written to '{path}': {e.Message}";
        }
    }
}
