namespace AlexNetService.Training.Data;

/// <summary>Recognises what a path is. A new container is one file and one line here.</summary>
public static class DataSetOpener
{
    /// <summary>Opens a data set in place.</summary>
    /// <param name="path">A folder of class folders, or a zip of one.</param>
    /// <param name="labelled">Whether there must be classes to tell apart; without, any photographs will do.</param>
    /// <exception cref="DataSetException">There is nothing at the path, or nothing this software reads.</exception>
    public static LabelledPhotographs Open(string path, bool labelled = true) =>
        Directory.Exists(path) ? new FolderPhotographs(path, labelled)
        : !File.Exists(path) ? throw new DataSetException($"There is no data set at '{path}'.")
        : ZipPhotographs.Recognises(path) ? new ZipPhotographs(path, labelled)
        : throw new DataSetException($"'{path}' is neither a folder of class folders nor a zip of one.");
}
