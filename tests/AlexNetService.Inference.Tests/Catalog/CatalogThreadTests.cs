using AlexNetService.Inference.Catalog;

namespace AlexNetService.Inference.Tests.Catalog;

public sealed class CatalogThreadTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);

    private readonly CancellationToken none = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Step_ThatHangs_IsLateAndTheNextChangeRuns()
    {
        using var thread = new CatalogThread(Soon);
        using var hanging = new ManualResetEventSlim();
        var unused = new TaskCompletionSource<string>();

        await Assert.ThrowsAsync<TimeoutException>(() => Step(
            thread,
            _ =>
            {
                hanging.Wait(none);
                return "too late";
            },
            unused.SetResult));

        Assert.Equal("in time", await Step(thread, _ => "in time", _ => { }));
        hanging.Set();
        Assert.Equal("too late", await unused.Task.WaitAsync(none));
    }

    [Fact]
    public async Task Step_ThatIsLate_IsAskedToStop()
    {
        using var thread = new CatalogThread(Soon);
        var asked = new TaskCompletionSource();

        await Assert.ThrowsAsync<TimeoutException>(() => Step(
            thread,
            stop =>
            {
                stop.WaitHandle.WaitOne();
                asked.SetResult();
                return "";
            },
            _ => { }));

        await asked.Task.WaitAsync(none);
    }

    [Fact]
    public async Task Step_WhileTooManyHang_IsRefused()
    {
        using var thread = new CatalogThread(Soon);
        using var hanging = new ManualResetEventSlim();
        for (var i = 0; i < CatalogThread.LateLimit; i++)
        {
            await Assert.ThrowsAsync<TimeoutException>(() => Step(
                thread,
                _ =>
                {
                    hanging.Wait(none);
                    return "";
                },
                _ => { }));
        }

        var refused = await Assert.ThrowsAsync<TimeoutException>(() => Step(thread, _ => "", _ => { }));

        Assert.Contains("Restart the service", refused.Message, StringComparison.Ordinal);
        hanging.Set();
    }

    [Fact]
    public async Task Step_ThatFails_ThrowsWhatItThrew()
    {
        using var thread = new CatalogThread(TimeSpan.FromMinutes(1));

        await Assert.ThrowsAsync<FormatException>(() => Step<string>(thread, _ => throw new FormatException(), _ => { }));
    }

    [Fact]
    public async Task Dispose_DuringAStep_StopsIt()
    {
        var thread = new CatalogThread(TimeSpan.FromMinutes(1));
        var begun = new TaskCompletionSource();
        var change = Step(
            thread,
            stop =>
            {
                begun.SetResult();
                stop.WaitHandle.WaitOne();
                stop.ThrowIfCancellationRequested();
                return "";
            },
            _ => { });
        await begun.Task.WaitAsync(none);

        thread.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => change);
    }

    private Task<T> Step<T>(CatalogThread thread, Func<CancellationToken, T> step, Action<T> unused) =>
        thread.TryRun(either => thread.Step(step, unused, either), none)
            ?? throw new InvalidOperationException("Too many changes wait.");
}
