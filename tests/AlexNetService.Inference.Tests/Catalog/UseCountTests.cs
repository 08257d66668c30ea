using AlexNetService.Inference.Catalog;

namespace AlexNetService.Inference.Tests.Catalog;

public sealed class UseCountTests
{
    [Fact]
    public void Leave_LastUser_FreesOnceAndLetsNobodyIn()
    {
        var freed = 0;
        var uses = new UseCount(() => freed++);
        Assert.True(uses.TryEnter());
        uses.Leave();
        Assert.Equal(0, freed);

        uses.Leave();

        Assert.Equal(1, freed);
        Assert.False(uses.TryEnter());
        Assert.Equal(1, freed);
    }

    [Fact]
    public async Task Enter_ManyThreadsAndTheOwnerLeaves_IsFreedUnderNobodysHands()
    {
        for (var turn = 0; turn < 200; turn++)
        {
            var (inside, freed, early) = (0, 0, 0);
            var uses = new UseCount(() => Interlocked.Add(ref early, Interlocked.Increment(ref freed) - 1 + Volatile.Read(ref inside)));
            var threads = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                for (var i = 0; i < 100 && uses.TryEnter(); i++)
                {
                    Interlocked.Increment(ref inside);
                    Interlocked.Decrement(ref inside);
                    uses.Leave();
                }
            })).ToArray();
            uses.Leave();
            await Task.WhenAll(threads);

            Assert.Equal((1, 0), (freed, early));
        }
    }
}
