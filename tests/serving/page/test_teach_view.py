"""Teach in Chromium: a class of one's own, drawn examples, and a correction from Draw."""

from serving.page.opened_page import ONE, SEVEN


def test_a_class_is_made_by_name_and_drawn_for(opened):
    page = opened("teach")
    teach = page.page.locator(".view.teach")
    teach.get_by_label("New class").fill("star")
    teach.get_by_role("button", name="Add").click()
    keep = teach.get_by_role("button", name="Keep as star")
    keep.wait_for()
    for count, strokes in enumerate((SEVEN, ONE), start=1):
        page.draw(strokes)
        keep.click()
        page.page.wait_for_function(
            "count => document.querySelectorAll('.view.teach .examples > li').length === count", arg=count
        )
    delete = teach.get_by_role("button", name="Delete the class star and its examples")
    asked = []

    def answered(dialog):
        asked.append(dialog.message)
        dialog.dismiss() if len(asked) == 1 else dialog.accept()

    page.page.on("dialog", answered)
    delete.click()
    assert keep.is_visible()
    delete.click()
    keep.wait_for(state="detached")
    assert asked == ["Delete star and its 2 examples? They cannot be brought back."] * 2


def test_a_wrong_answer_is_corrected_by_one_click(opened):
    page = opened()
    page.draw(SEVEN)
    assert page.answer() == "7"
    page.page.get_by_role("button", name="It is 1", exact=True).click()
    page.page.get_by_text("Kept as 1.").wait_for()
