namespace AlexNetService.Training.Runs;

/// <summary>
/// Keeps two processes from writing into one folder: a file opened for exclusive use. The system releases it when the process ends,
/// however it ends.
/// </summary>
public static class RunLock
{
    private const string LockFile = ".lock";

    /// <summary>
    /// Locks a folder until the result is disposed, and creates the folder if it does not exist. An unwritable folder fails here, not after
    /// the first epoch. The lock's file stays: deleting it would admit two processes at once.
    /// </summary>
    /// <exception cref="InputException">Another process trains into it, or it cannot be written.</exception>
    public static IDisposable Take(string folder)
    {
        var path = Path.Combine(folder, LockFile);
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new InputException($"Another process trains into '{folder}' ({e.Message}) Wait for it, or name another --output.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The run's folder '{folder}' cannot be written: {e.Message} Name another --output.");
        }
    }
}
