using System.IO.Compression;
using System.Text;
using AlexNetService.ModelSpec.Weights;
using AlexNetService.Worker.Import;
using AlexNetService.Worker.Tests.Goldens;

namespace AlexNetService.Worker.Tests.Import;

/// <summary>Files that PyTorch wrote, held against what PyTorch sees in them.</summary>
public sealed class WeightFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Files => [.. WeightFileGoldens.Files.Select(file => file.Name)];

    public static TheoryData<string> Refusals => [.. WeightFileGoldens.Refusals.Select(file => file.Name)];

    [Theory]
    [MemberData(nameof(Files))]
    public void File_OfPyTorch_HoldsTheTensorsThatPyTorchSees(string name)
    {
        var golden = WeightFileGoldens.Files.Single(file => file.Name == name);

        var tensors = Read(name, golden.File);

        Assert.Equal(golden.Tensors.Select(tensor => WithoutPrefix(tensor.Name)).Order(), tensors.Keys.Order());
        foreach (var expected in golden.Tensors)
        {
            var actual = tensors[WithoutPrefix(expected.Name)];
            Assert.Equal(expected.Dimensions, actual.Dimensions);
            Assert.Equal(expected.Floats.Select(BitConverter.SingleToInt32Bits), actual.Values.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void File_ThatHoldsNoWeights_IsRefusedWithTheReason(string name)
    {
        var golden = WeightFileGoldens.Refusals.Single(file => file.Name == name);

        var refused = Assert.Throws<InvalidDataException>(() => Read(name, golden.File));

        Assert.Contains(golden.Reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains("weights.file", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_CutAnywhere_IsRefused()
    {
        var whole = WeightFileGoldens.Files[0].File;

        for (var length = 0; length < whole.Length; length += 7)
        {
            Assert.Throws<InvalidDataException>(() => Read("cut", whole[..length]));
        }
    }

    [Fact]
    public void File_WithAnyByteChanged_IsRefusedOrHoldsTheSameNames()
    {
        var golden = WeightFileGoldens.Files[0];
        var names = golden.Tensors.Select(tensor => tensor.Name).Order().ToArray();

        for (var place = 0; place < golden.File.Length; place += 3)
        {
            var changed = golden.File.ToArray();
            changed[place] ^= 0x41;
            try
            {
                // The zip says some things twice or not in earnest: dates, padding.
                Assert.Equal(names, Read("changed", changed).Keys.Order());
            }
            catch (InvalidDataException)
            {
                // Refused, with the one exception that callers know.
            }
        }
    }

    [Fact]
    public void File_WhoseViewRepeatsOneValue_IsRefusedBeforeItIsExpanded()
    {
        // A tensor of 2²⁸ values, all of them the one value of its storage: 1 GiB out of a file of a few hundred bytes.
        var path = Path.Combine(folder.Path, "expanded.pth");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            Write(zip, "archive/data.pkl", Encoding.Latin1.GetBytes(
                "\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\00"
                + "X\x03\0\0\0cpuK\x01tQK\0J\0\0\0\x10\x85K\0\x85\x89}tRs."));
            Write(zip, "archive/data/0", [0, 0, 128, 63]);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();

        var refused = Assert.Throws<InvalidDataException>(() => TorchArchive.Read(path));

        Assert.Contains("describes 1073741824 bytes of numbers", refused.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    public void Dispose() => folder.Dispose();

    private static void Write(ZipArchive zip, string name, byte[] content)
    {
        using var entry = zip.CreateEntry(name).Open();
        entry.Write(content);
    }

    private static string WithoutPrefix(string name) =>
        name.StartsWith("module.", StringComparison.Ordinal) ? name["module.".Length..] : name;

    private IReadOnlyDictionary<string, WeightTensor> Read(string name, byte[] content)
    {
        var path = Path.Combine(folder.Path, "weights.file");
        File.WriteAllBytes(path, content);
        return name.Contains("safetensors", StringComparison.Ordinal) ? SafeTensors.Read(path).Tensors : TorchArchive.Read(path);
    }
}
