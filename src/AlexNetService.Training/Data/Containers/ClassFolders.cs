namespace AlexNetService.Training.Data.Containers;

/// <summary>
/// Photographs in one folder for each class. Folders around all classes are stepped into. If the folders there are <c>train/</c>,
/// <c>val/</c> and <c>test/</c>, each with class folders, they divide the data set, and <c>test/</c> is not part of it. Where there are
/// no folders and every file is named <c>nNNNNNNNN_…</c>, as in ImageNet, that synset is the class.
/// </summary>
internal sealed class ClassFolders
{
    private const int SynsetLength = 9;
    private const string Advice = "Put the photographs of each class in a folder: class/photo.jpg.";

    private static readonly string[] Train = ["train", "training"];
    private static readonly string[] Validation = ["val", "valid", "validation"];
    private static readonly string[] Test = ["test", "testing"];

    private readonly string name;
    private readonly bool labelled;
    private readonly (string Path, long Bytes)[] pictures;
    private readonly (string Path, long Bytes)[] others;
    private readonly bool areSynsets;
    private readonly int depth;
    private readonly string[] tops;
    private readonly bool isDivided;
    private readonly List<string> findings = [];

    private ClassFolders(string name, IEnumerable<(string Path, long Bytes)> entries, bool labelled, IReadOnlyList<string> links)
    {
        (this.name, this.labelled) = (name, labelled);
        var byKind = entries.ToLookup(entry => Listing.IsPicture(entry.Path));
        pictures = [.. byKind[true].OrderBy(entry => entry.Path, StringComparer.Ordinal)];
        others = [.. byKind[false].Where(entry => !IsHidden(entry.Path)).OrderBy(entry => entry.Path, StringComparer.Ordinal)];
        areSynsets = pictures.All(entry => !entry.Path.Contains('/') && BeginsWithSynset(entry.Path));
        depth = areSynsets ? 0 : SharedDepth(pictures);
        tops = [.. pictures.Select(entry => FolderAt(entry.Path, depth)).Distinct(StringComparer.Ordinal)];
        isDivided = labelled && tops.Length > 1 && tops.Any(top => Is(top, Train))
            && tops.All(top => Is(top, [.. Train, .. Validation, .. Test]));
        Note(links, $"left out {Counted(links.Count, "link")} to folders that are read already: {Some(links)}.");
    }

    private int ClassDepth => isDivided ? depth + 1 : depth;

    /// <summary>
    /// Lists the photographs: those to learn from in ordinal order of their paths, then those held out. An entry has a path with '/' and
    /// a length in bytes; the path of a folder ends with '/'. Entries that are not pictures are left out. Links that were left out are a
    /// finding.
    /// </summary>
    public static LabelledPhotographs List(
        string name,
        IEnumerable<(string Path, long Bytes)> entries,
        bool labelled,
        Func<string, byte[]> read,
        IReadOnlyList<IDisposable> files,
        IReadOnlyList<string>? links = null) => new ClassFolders(name, entries, labelled, links ?? []).List(read, files);

    private LabelledPhotographs List(Func<string, byte[]> read, IReadOnlyList<IDisposable> files)
    {
        FindFiles();
        FindFolders();
        RequireTrain();
        var judged = isDivided ? pictures.Where(entry => Is(FolderAt(entry.Path, depth), Validation)).ToArray() : [];
        var learned = isDivided ? pictures.Where(entry => Is(FolderAt(entry.Path, depth), Train)).ToArray() : pictures;
        var classes = learned.Select(entry => ClassOf(entry.Path)).Distinct(StringComparer.Ordinal).ToArray();
        RequireClasses(learned, classes);
        var index = classes.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        RequireKnown(judged, index);
        judged = [.. judged.Where(entry => index.ContainsKey(ClassOf(entry.Path)))];
        (string Path, long Bytes)[] all = [.. learned, .. judged];
        var hashed = all.Select(entry => $"{entry.Path}\0{entry.Bytes}\n");
        return new LabelledPhotographs(
            name,
            Listing.LabelsOf(classes),
            [.. all.Select(entry => new Photograph(entry.Path, index[ClassOf(entry.Path)], entry.Bytes))],
            Listing.Hash(isDivided ? hashed.Append($"held out: {judged.Length}\n") : hashed),
            read,
            files)
        {
            Findings = findings,
            HeldOut = judged.Length,
        };
    }

    private void FindFiles()
    {
        var files = others.Where(entry => !entry.Path.EndsWith('/')).Select(entry => entry.Path).ToArray();
        var unsupported = files.Where(path => Is(Path.GetExtension(path), DataSetOpener.OtherPictures)).ToArray();
        Note(
            unsupported,
            $"left out {Counted(unsupported.Length, "picture")} of formats that are not read ({ByEnding(unsupported)}). "
            + "Save them as JPEG or PNG.");

        // Beside the class folders people keep lists of classes and notes.
        var strange = files.Except(unsupported, StringComparer.Ordinal).Where(path => path.Contains('/')).ToArray();
        Note(strange, $"left out {Counted(strange.Length, "other file")} ({ByEnding(strange)}).");
    }

    /// <summary>Finds out how the folders are read: which are stepped into, empty, or inside a class.</summary>
    private void FindFolders()
    {
        if (depth > 0)
        {
            findings.Add($"the classes of '{name}' are the folders in '{string.Join('/', Folders(pictures[0].Path)[..depth])}/'.");
        }

        if (isDivided)
        {
            findings.Add(Division());
        }

        var full = pictures.SelectMany(entry => Ancestors(entry.Path)).ToHashSet(StringComparer.Ordinal);
        var empty = others.SelectMany(entry => Ancestors(entry.Path).Take(ClassDepth + 1))
            .Where(folder => !full.Contains(folder) && (!folder.Contains('/') || full.Contains(folder[..folder.LastIndexOf('/')])))
            .Distinct(StringComparer.Ordinal).ToArray();
        Note(empty, $"no class, because it has no photograph: {Some(empty)}.");
        var nested = areSynsets ? [] : pictures.Where(entry => Folders(entry.Path).Length > ClassDepth + 1)
            .Select(entry => string.Join('/', Folders(entry.Path))).Distinct(StringComparer.Ordinal).ToArray();
        Note(nested, $"photographs in folders of a class folder belong to that class: {Some(nested)}.");
    }

    private void Note(IReadOnlyList<string> found, string finding)
    {
        if (found.Count > 0)
        {
            findings.Add(finding);
        }
    }

    private string Division()
    {
        string Part(string[] names) => string.Join(
            " and ",
            tops.Where(top => Is(top, names)).Select(top =>
                $"{top}/ ({Counted(pictures.Count(entry => FolderAt(entry.Path, depth) == top), "photograph")})"));
        var (validation, test) = (Part(Validation), Part(Test));
        return $"'{name}' is divided by its folders: {Part(Train)} is learned from"
            + (validation.Length > 0 ? $", {validation} is held out instead of a share" : ", and a share of it is held out")
            + (test.Length > 0
                ? $"; {test} is neither learned from nor used for choices: measure it at the end, with evaluate --data on that folder."
                : ".");
    }

    private void RequireTrain()
    {
        if (labelled && tops.Length > 1 && !tops.Any(top => Is(top, Train)) && tops.All(top => Is(top, [.. Validation, .. Test])))
        {
            throw new DataSetException(
                $"'{name}' has {string.Join(" and ", tops.Select(top => $"{top}/"))} but no train/. Name one of its folders.");
        }
    }

    private void RequireClasses((string Path, long Bytes)[] learned, string[] classes)
    {
        if (!labelled)
        {
            return;
        }

        if (classes is [] or [""])
        {
            var place = isDivided ? $"{tops.First(top => Is(top, Train))}/ of '{name}'" : $"'{name}'";
            throw Refused(
                learned.Length == 0
                ? $"{place} holds no photograph."
                : $"{place} holds {Counted(learned.Length, "photograph")} and no class folders.");
        }

        if (learned.FirstOrDefault(entry => ClassOf(entry.Path).Length == 0).Path is { } stray)
        {
            throw new DataSetException($"'{stray}' of '{name}' is not in a class folder. Move it into one, or out of the data set.");
        }

        if (classes is [var only])
        {
            throw Refused($"'{name}' holds photographs of one class only, '{only}' ({learned.Length}); two or more are needed.");
        }
    }

    private void RequireKnown((string Path, long Bytes)[] judged, Dictionary<string, int> index)
    {
        if (labelled && judged.FirstOrDefault(entry => !index.ContainsKey(ClassOf(entry.Path))).Path is { } stranger)
        {
            var (part, train) = (FolderAt(stranger, depth), tops.First(top => Is(top, Train)));
            throw new DataSetException(ClassOf(stranger).Length == 0
                ? $"'{stranger}' of '{name}' is not in a class folder. {part}/ needs the class folders of {train}/: {part}/class/photo.jpg."
                : $"{part}/ of '{name}' has a class '{ClassOf(stranger)}' that {train}/ has not. Add it there, or remove it from {part}/.");
        }
    }

    private DataSetException Refused(string reason) => new(string.Join(' ', findings.Select(Sentence).Prepend(Advice).Prepend(reason)));

    private string ClassOf(string path) => areSynsets ? path[..SynsetLength] : FolderAt(path, ClassDepth);

    private static string Sentence(string finding) => char.ToUpperInvariant(finding[0]) + finding[1..];

    private static string ByEnding(string[] files)
    {
        var endings = files.CountBy(path => Path.GetExtension(path).ToLowerInvariant()).OrderByDescending(pair => pair.Value)
            .Select(pair => $"{pair.Value} {(pair.Key.Length > 0 ? pair.Key : "without ending")}");
        return $"{string.Join(", ", endings)}; the first: '{files.FirstOrDefault()}'";
    }

    private static string Some(IReadOnlyList<string> folders) => Listing.Some([.. folders.Select(folder => $"'{folder}'")]);

    private static string Counted(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    private static bool Is(string name, IReadOnlyList<string> names) => names.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static bool IsHidden(string path) => path.Split('/').Any(part => part.StartsWith('.') || part == "__MACOSX");

    /// <summary>Whether a name begins with a WordNet identifier and an underscore: <c>n02123045_</c>.</summary>
    private static bool BeginsWithSynset(string path) =>
        path.Length > SynsetLength && path[0] == 'n' && path[SynsetLength] == '_' && path[1..SynsetLength].All(char.IsAsciiDigit);

    private static string[] Folders(string path) => path.Split('/')[..^1];

    private static string FolderAt(string path, int depth) => Folders(path).ElementAtOrDefault(depth) ?? "";

    /// <summary>The folders that an entry is in, from the outermost; a folder is in itself.</summary>
    private static IEnumerable<string> Ancestors(string path)
    {
        for (var end = path.IndexOf('/'); end >= 0; end = path.IndexOf('/', end + 1))
        {
            yield return path[..end];
        }
    }

    /// <summary>How many leading folders all photographs share: an archive with one top folder has its classes below it.</summary>
    private static int SharedDepth((string Path, long Bytes)[] pictures)
    {
        var depth = 0;
        while (pictures.Length > 0
            && pictures.All(entry => entry.Path.Split('/').Length > depth + 2)
            && pictures.Select(entry => FolderAt(entry.Path, depth)).Distinct(StringComparer.Ordinal).Count() == 1)
        {
            depth++;
        }

        return depth;
    }
}
