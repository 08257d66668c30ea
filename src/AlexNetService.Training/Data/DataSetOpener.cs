namespace AlexNetService.Training.Data;

/// <summary>Recognises what a path is. A new container is one file and one line here.</summary>
public static class DataSetOpener
{
    /// <summary>Opens a data set in place.</summary>
    /// <param name="path">A folder of class folders, or a zip of one.</param>
    /// <exception cref="DataSetException">There is nothing at the path, or nothing this software reads.</exception>
    public static LabelledPhotographs Open(string path) =>
        Directory.Exists(path) ? new FolderPhotographs(path)
        : !File.Exists(path) ? throw new DataSetException($"There is no data set at '{path}'.")
        : ZipPhotographs.Recognises(path) ? new ZipPhotographs(path)
        : throw new DataSetException($"'{path}' is neither a folder of class folders nor a zip of one.");
}
