using NetVips;

namespace AlexNetService.Imaging.Tests;

/// <summary>libvips counts for the whole process, so nothing else may decode meanwhile.</summary>
[Collection(Alone)]
[CollectionDefinition(Alone, DisableParallelization = true)]
public sealed class NativeMemoryTests
{
    private const string Alone = "native counts";

    [Fact]
    public void Decode_ManyPictures_LeavesNoNativeMemory()
    {
        var broken = Drawn.File(".jpg", 300, 200);
        Array.Resize(ref broken, broken.Length / 2);
        byte[][] files =
        [
            Drawn.File(".jpg", 1_200, 1_100), Drawn.File(".png", 90, 230), Drawn.File(".webp", 64, 64),
            Drawn.File(".gif", 50, 40), Drawn.File(".tif", 31, 77), broken,
        ];

        // What earlier tests left to finalizers goes first.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        GC.WaitForPendingFinalizers();
        var (allocations, memory, open) = (Stats.Allocations, Stats.Mem, Stats.Files);

        for (var round = 0; round < 50; round++)
        {
            foreach (var file in files)
            {
                Drawn.Decode(file, 61);
            }
        }

        Assert.Equal((allocations, memory, open), (Stats.Allocations, Stats.Mem, Stats.Files));
        Assert.Equal(0, Cache.Size);
    }
}
