namespace AlexNetService.Worker.Train;

/// <summary>
/// Keeps two processes from training into one folder: a file that is held open for nobody else. The system lets go of it when the
/// process ends, however it ends.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private const string LockFile = ".lock";

    private readonly FileStream file;

    private RunLock(FileStream file)
    {
        this.file = file;
    }

    /// <summary>Takes a run's folder, and finds out now, not after the first epoch, whether anything can be kept there.</summary>
    /// <param name="folder">The folder; is made where there is none.</param>
    /// <exception cref="InputException">Another process trains into it, or it cannot be written.</exception>
    public static RunLock Take(string folder)
    {
        var path = Path.Combine(folder, LockFile);
        try
        {
            Directory.CreateDirectory(folder);
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new InputException($"Another process trains into '{folder}' ({e.Message}) Let it end, or name another --output.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"The run's folder '{folder}' cannot be written: {e.Message} Name another --output.");
        }
    }

    /// <summary>Lets go; the file stays, for to remove it would let two others in at once.</summary>
    public void Dispose() => file.Dispose();
}
