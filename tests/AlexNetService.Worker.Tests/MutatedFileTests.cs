using System.Text;
using AlexNetService.Worker.Import;
using AlexNetService.Worker.Tests.Goldens;

namespace AlexNetService.Worker.Tests;

public sealed class MutatedFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void TorchFile_Mutated_IsReadOrRefused() => MutatedFiles.Read(
        [.. WeightFileGoldens.Files.Where(file => !file.Name.Contains("safetensors", StringComparison.Ordinal)).Select(file => file.File)],
        bytes => TorchArchive.Read(Written(bytes)),
        typeof(InvalidDataException));

    [Fact]
    public void Pickle_Mutated_IsReadOrRefused() => MutatedFiles.Read(
        [
            Encoding.Latin1.GetBytes(
                "\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\00"
                + "X\x03\0\0\0cpuK\x01tQK\0K\x01K\x01\x86K\x01K\x01\x86\x89ccollections\nOrderedDict\n)RtRs."),
            Encoding.Latin1.GetBytes("\x80\x04\x95\0\0\0\0\0\0\0\0}\x94(X\x01\0\0\0aK\x07X\x01\0\0\0b](K\x01h\0eX\x01\0\0\0c(K\x02tu."),
        ],
        bytes => PickleReader.Read(bytes),
        typeof(InvalidDataException));

    [Fact]
    public void LabelsFile_Mutated_IsReadOrRefused() => MutatedFiles.Read(
        [
            [.. "n01440764 tench\nn02123045\ttabby, cat\nship"u8],
            [.. """[["n01","tench"],["n02","cat"],"ship"]"""u8],
            [.. """{"0":["n01","tench"],"1":["n02","cat"],"2":"ship"}"""u8],
        ],
        bytes => LabelsFile.Read(Written(bytes), classes: 3),
        typeof(InputException),
        typeof(InvalidDataException));

    public void Dispose() => folder.Dispose();

    private string Written(byte[] bytes)
    {
        var path = Path.Combine(folder.Path, "mutated");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
