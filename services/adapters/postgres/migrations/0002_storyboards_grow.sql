-- Shots land while their storyboard is still being written. What is there already landed whole, and so does whatever the
-- previous release lands beside this one: for both the default is right.

ALTER TABLE stories ADD COLUMN storyboard_unfinished boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN stories.storyboard_unfinished IS
    'The shots are the first ones of a storyboard that was still being written when they landed: not all of it.';
