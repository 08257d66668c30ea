using System.Formats.Tar;

namespace AlexNetService.Tests.Shared;

/// <summary>Small tars, made by the tests.</summary>
internal static class Tars
{
    /// <summary>Writes a tar of files.</summary>
    public static string Write(string path, params IEnumerable<(string Name, byte[] Bytes)> files)
    {
        File.WriteAllBytes(path, Of(files));
        return path;
    }

    /// <summary>The bytes of a tar of files.</summary>
    public static byte[] Of(IEnumerable<(string Name, byte[] Bytes)> files)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, leaveOpen: true))
        {
            foreach (var (name, bytes) in files)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
            }
        }

        return stream.ToArray();
    }

    /// <summary>Writes the two tars of ILSVRC-2012 with three synsets: one of class tars, one for validation with its synsets.</summary>
    /// <returns>The folder.</returns>
    public static string WriteIlsvrc(string folder, int perClass, int validation, int side)
    {
        Directory.CreateDirectory(folder);
        string[] synsets = ["n01440764", "n02100735", "n02119789"];
        Write(Path.Combine(folder, "ILSVRC2012_img_train.tar"), synsets.Select((synset, label) => ($"{synset}.tar", Of(
            Enumerable.Range(0, perClass).Select(i => ($"{synset}_{i}.JPEG", Pictures.Encode(label, (label * perClass) + i, side)))))));
        Write(Path.Combine(folder, "ILSVRC2012_img_val.tar"), Enumerable.Range(1, validation).Select(number => (
            $"ILSVRC2012_val_{number:D8}.JPEG", Pictures.Encode(number % 3, 5000 + number, side))));
        File.WriteAllLines(
            Path.Combine(folder, "imagenet_2012_validation_synset_labels.txt"),
            Enumerable.Range(1, validation).Select(number => synsets[number % 3]));
        File.WriteAllLines(
            Path.Combine(folder, "synset_words.txt"),
            ["n01440764 tench, Tinca tinca", "n02100735 English setter", "n02119789 kit fox, Vulpes macrotis"]);
        return folder;
    }
}
